// Loop devices, mount namespaces and working directories are shared by the whole machine, so one test runs at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
