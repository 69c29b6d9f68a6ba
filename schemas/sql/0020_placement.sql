-- Where shards shall be: an operator may pin one to a worker (its name). Empty = by the hash.
ALTER TABLE shards ADD COLUMN pinned_to text NOT NULL DEFAULT '';
