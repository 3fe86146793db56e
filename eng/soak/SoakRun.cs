using System.Diagnostics;
using System.Globalization;

namespace AttentionKernels.Soak;

/// <summary>Threads that call the library, and one that watches the memory while they pause.</summary>
internal static class SoakRun
{
    // More than one on each device, so that calls of a device meet; few, since managed CPU and OpenCL use all cores for each.
    private const int ThreadsPerDevice = 2;

    // The heap and the drivers' pools have their size after two minutes, or in a shorter run after half of it.
    private static readonly TimeSpan _longestWarmUp = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    /// <summary>Runs, and returns the exit code.</summary>
    public static int Execute(TimeSpan time, int seed, string? selector)
    {
        IEnumerable<string> selectors = selector is not null
            ? selector.Split(',')
            : DeviceCatalog.List().Where(line => line.IsUsable).Select(line => line.Selector);
        AttentionDevice[] devices = [.. selectors.Select(AttentionDevice.Open)];
        using AttentionDevice other = AttentionDevice.Open(DeviceKind.Cpu);
        using var pause = new ReaderWriterLockSlim();
        using var stop = new CancellationTokenSource();
        Caller[] callers =
        [
            .. devices.SelectMany((device, index) => Enumerable.Range(0, ThreadsPerDevice)
                .Select(thread => new Caller(device, other, seed + (1000 * index) + thread))),
        ];

        // Each kernel is compiled before the clock runs.
        foreach (Caller caller in callers)
            caller.TryEach();
        Thread[] threads = [.. callers.Select(caller => new Thread(() => caller.Work(pause, stop)))];
        Array.ForEach(threads, thread => thread.Start());
        MemorySample? settled = null, last = null;
        TimeSpan warmUp = time / 2 < _longestWarmUp ? time / 2 : _longestWarmUp;
        var clock = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested && clock.Elapsed < time)
        {
            TimeSpan left = time - clock.Elapsed;
            stop.Token.WaitHandle.WaitOne(left < _interval ? left : _interval);
            pause.EnterWriteLock();
            last = MemorySample.Take(devices);
            pause.ExitWriteLock();
            if (clock.Elapsed <= warmUp || settled is null)
                settled = last.MaximumOf(settled);
            long calls = callers.Sum(caller => caller.Calls);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed:mm\\:ss}  {last}  calls {calls:N0}"));
        }

        stop.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        List<string> failures = [.. callers.Select(caller => caller.Failure).OfType<string>()];
        if (settled is not null && last!.GrowthSince(settled) is { } growth)
            failures.Add(growth);
        foreach (Caller caller in callers)
            caller.Dispose();
        foreach (AttentionDevice device in devices)
            device.Dispose();
        Console.WriteLine(
            $"{devices.Length} devices, {threads.Length} threads, seed {seed}: {callers.Sum(caller => caller.Calls):N0} calls, " +
            $"{callers.Sum(caller => caller.Refused):N0} of them refused as they should be.");
        foreach (string failure in failures)
            Console.Error.WriteLine($"soak: {failure}");
        return failures.Count == 0 ? 0 : 1;
    }
}
