-- Whether the words of a problem say what is to be done about it.

alter table log_problems add column has_remedy integer not null default 0; -- 1: the problem names its remedy
update log_problems set has_remedy = 1
  where problem like '%put back%' or problem like '%were exchanged or copied%';
