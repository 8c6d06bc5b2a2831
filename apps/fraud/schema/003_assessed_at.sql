-- The oldest answers are found without a look at the others, to be forgotten.
CREATE INDEX assessment_by_age ON assessment (assessed_at);
