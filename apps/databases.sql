-- A database and a role for each service that keeps something; none sees another's.
-- The passwords guard nothing: both servers listen on loopback, for a demonstration.
CREATE ROLE payments LOGIN PASSWORD 'payments';
CREATE DATABASE payments OWNER payments;
REVOKE CONNECT, TEMPORARY ON DATABASE payments FROM PUBLIC;

CREATE ROLE bank LOGIN PASSWORD 'bank';
CREATE DATABASE bank OWNER bank;
REVOKE CONNECT, TEMPORARY ON DATABASE bank FROM PUBLIC;

CREATE ROLE fraud LOGIN PASSWORD 'fraud';
CREATE DATABASE fraud OWNER fraud;
REVOKE CONNECT, TEMPORARY ON DATABASE fraud FROM PUBLIC;

CREATE ROLE backoffice LOGIN PASSWORD 'backoffice';
CREATE DATABASE backoffice OWNER backoffice;
REVOKE CONNECT, TEMPORARY ON DATABASE backoffice FROM PUBLIC;

CREATE ROLE notifications LOGIN PASSWORD 'notifications';
CREATE DATABASE notifications OWNER notifications;
REVOKE CONNECT, TEMPORARY ON DATABASE notifications FROM PUBLIC;

-- Who watches reads the server's statistics, and no row of anybody's.
CREATE ROLE monitor LOGIN PASSWORD 'monitor' CONNECTION LIMIT 10;
GRANT pg_read_all_stats TO monitor;
GRANT CONNECT ON DATABASE payments, bank, fraud, backoffice, notifications TO monitor;
