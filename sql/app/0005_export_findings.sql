-- Pre-flight of an export may find what does not stop it: those findings are
-- kept with the package and shown beside its download.

ALTER TABLE scorm_packages ADD COLUMN warnings text;
