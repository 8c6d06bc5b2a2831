-- Whoever pays to see whether one can is a merchant like the others, with a till of his own.
INSERT INTO merchant (merchant_id, name, currency) VALUES ('M-00', 'payscope probe', 'EUR');
INSERT INTO pos (pos_id, merchant_id, location, active)
    VALUES ('POS-00', 'M-00', 'payscope', true);
