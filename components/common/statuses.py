"""HTTP's statuses of faults that may pass: a module of its own, for stages that want none of the clients' libraries."""

TRANSIENT_STATUSES = (408, 429, 500, 502, 503, 504)
