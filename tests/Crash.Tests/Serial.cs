using Xunit.Sdk;
using Xunit.v3;

// Each test drives a cluster of real processes: side by side they would only measure the machine.
[assembly: Parallelization(Mode = ParallelMode.None)]
