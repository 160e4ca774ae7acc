"""The roadmap as people read it: a page, Markdown, tables, diagrams. Everything is drawn from a view, which holds what its audience may know."""
