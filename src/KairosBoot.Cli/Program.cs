using KairosBoot.Cli;

PrintableWriter.Install();
return Invocation.Run(KbootCommand.Create(), UpgradeNodeCommand.Arguments(args));
