"""Reports linked to incidents, and what their overlaps and delays say of the sources."""
