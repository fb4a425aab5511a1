"""The ground floor: refusals, problems, ids, pages, scopes. It knows no tenant and no event."""
