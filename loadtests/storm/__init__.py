"""The storm of webhooks: thousands of entries to receivers that fail, by workers that are killed."""
