"""Organizations: their schemas, domains and standing. Tables in the public schema."""
