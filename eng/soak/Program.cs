using System.CommandLine;
using AttentionKernels.Soak;

// Calls the library at random, rightly and wrongly, on every device and from several threads, and watches the memory:
// dotnet run -c Release --project eng/soak -- --minutes 10 --seed 1. The exit code is 1 after a wrong result, another exception than the
// one that a wrong call should have, or growth of memory behind the warm-up. The seed gives each thread its calls again, but not their
// order among threads.
var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 1 };
var seed = new Option<int>("--seed") { Description = "What the calls are drawn by.", DefaultValueFactory = _ => 1 };
var device = new Option<string>("--device") { Description = "Selectors, as cpu,opencl; all devices where it is left out." };
var root = new RootCommand("Calls the library at random on every device, and watches the memory.") { minutes, seed, device };
root.SetAction(result => SoakRun.Execute(TimeSpan.FromMinutes(result.GetValue(minutes)), result.GetValue(seed), result.GetValue(device)));
return root.Parse(args).Invoke();
