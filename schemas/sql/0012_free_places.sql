-- False: free vend at all stations of the location.

ALTER TABLE locations ADD COLUMN authorisation_required boolean NOT NULL DEFAULT true;
