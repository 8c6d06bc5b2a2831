-- What has ended is found by its age, and forgotten.
CREATE INDEX notification_ended ON notification (created_at)
    WHERE state IN ('delivered', 'dead');
