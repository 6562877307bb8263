-- The four databases, empty; the product makes roles and tables itself.
CREATE DATABASE wavehouse_operational OWNER wavehouse_admin;
CREATE DATABASE wavehouse_learning    OWNER wavehouse_admin;
CREATE DATABASE wavehouse_listeners   OWNER wavehouse_admin;
CREATE DATABASE wavehouse_analytics   OWNER wavehouse_admin;
