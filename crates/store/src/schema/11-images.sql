-- Schema 11: what was read of the image sets that are folders or tables (views over it: image_sets, image_places, not_used,
-- class_images), and how the pixel values of each job are standardised.

alter table revisions add column images text not null default '[]'; -- JSON array: places, what was left out, notes and images per class of each set

create table normalization ( -- a network's input is (pixel value / 255 - mean) / std
  job     text not null references jobs (job),
  channel integer not null,    -- 0: grey or red; 1: green; 2: blue
  mean    real not null,       -- normalize = "standard": of the job's training images, in [0, 1] units; "unit": 0
  std     real not null,       -- normalize = "standard": of the job's training images, in [0, 1] units; "unit": 1
  attempt integer not null,    -- that wrote it
  primary key (job, channel)
) without rowid;
