"""Who is told: partners' endpoints and the attempts to reach them."""
