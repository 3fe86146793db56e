using AttentionKernels.Bench;
using BenchmarkDotNet.Running;

// Without arguments: a short suite on whatever is there, without asking. With arguments: BenchmarkDotNet's own command line over the
// full suite, for example --filter '*Prefill*' or --list flat.
if (args.Length > 0)
{
    BenchmarkSwitcher.FromAssembly(typeof(Suite).Assembly).Run(args);
}
else
{
    Suite.IsShort = true;
    BenchmarkSwitcher.FromAssembly(typeof(Suite).Assembly).Run(["--filter", "*"], new ShortConfig());
}
