"""Who someone is and what they may do: users, roles, tokens. Tables in every schema."""
