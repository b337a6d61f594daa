-- Schema 9: which epoch of a job counts, and the differences that count as practically equal.

alter table jobs add column kept_epoch integer; -- the epoch whose weights it keeps, or would keep if it ended now; null: none is completed. The metrics of this epoch are the result of a finished job
alter table jobs add column kept_job text;      -- the job whose log has that epoch: itself, or one from whose saved state the training started
create index jobs_by_origin on jobs (origin_job) where origin_job is not null;
alter table revisions add column margin real;   -- differences of the metric up to this count as practically equal; null: the file gives none
