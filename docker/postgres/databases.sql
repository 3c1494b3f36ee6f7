-- A database and a user for each node: no node can read another's.
\set ON_ERROR_STOP on
CREATE USER registry PASSWORD 'registry';
CREATE DATABASE registry OWNER registry;
CREATE USER router PASSWORD 'router';
CREATE DATABASE router OWNER router;
CREATE USER auditor PASSWORD 'auditor';
CREATE DATABASE auditor OWNER auditor;
CREATE USER c_d150 PASSWORD 'c_d150';
CREATE DATABASE c_d150 OWNER c_d150;
CREATE USER p_cr PASSWORD 'p_cr';
CREATE DATABASE p_cr OWNER p_cr;
CREATE USER c_d142 PASSWORD 'c_d142';
CREATE DATABASE c_d142 OWNER c_d142;
CREATE USER c_b898 PASSWORD 'c_b898';
CREATE DATABASE c_b898 OWNER c_b898;
REVOKE CONNECT ON DATABASE registry, router, auditor, c_d150, p_cr, c_d142, c_b898 FROM PUBLIC;
