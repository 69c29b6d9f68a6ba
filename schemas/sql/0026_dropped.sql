-- Up to which day rows of a table have been dropped: a journal from there on tells no actor's beginning.

ALTER TABLE partitioned_tables ADD COLUMN dropped_before date;
