// Loop devices, mount namespaces and working directories belong to the machine: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
