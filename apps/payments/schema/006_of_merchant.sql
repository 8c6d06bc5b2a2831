-- A merchant sees his own payments alone, newest first.
CREATE INDEX payment_of_merchant ON payment (merchant_id, payment_id DESC);
