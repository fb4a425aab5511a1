"""What is offered: events, sessions, speakers, rooms and the seats they have."""
