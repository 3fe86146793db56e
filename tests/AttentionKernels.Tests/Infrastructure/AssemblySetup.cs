using AttentionKernels.Tests.Infrastructure;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

// The devices are shared, and a bounds violation is charged to the test that runs: one test at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(TestDevices))]
