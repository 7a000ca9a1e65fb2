namespace KairosBoot.Plan;
