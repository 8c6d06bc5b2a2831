-- What is too old to come again is found by its age, and forgotten.
CREATE INDEX inbox_heard ON inbox (heard_at);
