"""Many webinars: which stage of which webinar is next, who does it, and what came of it."""
