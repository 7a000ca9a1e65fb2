namespace KairosBoot.CloudConfig;
