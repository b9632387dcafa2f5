### Titles, axes and legends of plots.
