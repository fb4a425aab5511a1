"""Who comes: registrations, the waitlist, and the seats they hold."""
