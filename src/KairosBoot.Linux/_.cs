namespace KairosBoot.Linux;
