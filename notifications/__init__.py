"""Mails: who is told what, in words and pictures."""
