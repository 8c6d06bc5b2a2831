-- What is due is looked for by `next_at` alone: a job that was made but lost is due, too.
DROP INDEX notification_due;
CREATE INDEX notification_due ON notification (next_at)
    WHERE state IN ('pending', 'failed');
