namespace KairosBoot.Image;
