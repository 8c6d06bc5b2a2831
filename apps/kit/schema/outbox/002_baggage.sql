-- What goes along with an event beside its trace: the journey that it comes of.
ALTER TABLE outbox ADD COLUMN baggage text;
