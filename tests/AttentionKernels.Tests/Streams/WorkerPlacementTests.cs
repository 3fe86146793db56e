using System.Diagnostics;
using AttentionKernels.Streams;
using AttentionKernels.Tests.Launching;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Streams;

/// <summary>Workers that slept are woken where the caller is not, and what others say about their processors holds.</summary>
[Trait("Speed", "Quick")]
public class WorkerPlacementTests
{
    // A worker that is not yet asleep stays where it is, and a machine under load takes its time.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _nap = TimeSpan.FromMilliseconds(5);

    [Fact]
    public void Workers_that_slept_are_allowed_all_processors_but_the_callers()
    {
        int[] processors = Processors();
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);

        foreach (int caller in processors)
        {
            OnProcessors([caller], () => Eventually(() => WorkerSets(device).All(set => set.SequenceEqual(processors.Except([caller])))))
                .Should().BeTrue("the caller is on processor {0} of {1}", caller, processors.Length);
        }
    }

    [Fact]
    public void A_worker_that_somebody_else_has_placed_stays_there()
    {
        int[] processors = Processors();
        int[] chosen = [processors[0]];
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);

        // A launch from the same processor chooses nothing else, so that these are not what was chosen last.
        OnProcessors(chosen, () =>
        {
            bool wasPlaced = Eventually(() => WorkerSets(device).All(set => !set.Contains(processors[0])));
            OnWorkers(device, () => Write(chosen));
            return wasPlaced;
        }).Should().BeTrue();

        for (int launch = 0; launch < 10; launch++)
        {
            Thread.Sleep(_nap);
            OnProcessors([processors[launch % processors.Length]], () => WorkerSets(device)).Should().OnlyContain(set => set.SequenceEqual(chosen));
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Workers_are_placed_where_each_has_a_processor(int more, bool arePlaced)
    {
        int[] processors = Processors();
        var placement = new WorkerPlacement(processors.Length + more);
        using var placed = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        int[] allowed = [];
        var worker = new Thread(() =>
        {
            placement.Enter(1);
            entered.Set();
            placed.Wait(_patience, TestContext.Current.CancellationToken);
            allowed = Read();
        });
        worker.Start();
        entered.Wait(_patience, TestContext.Current.CancellationToken).Should().BeTrue();

        OnProcessors([processors[0]], () =>
        {
            placement.AvoidCaller();
            return true;
        });
        placed.Set();
        worker.Join();

        allowed.Should().Equal(arePlaced ? processors[1..] : processors);
    }

    private static int[] Processors()
    {
        Assert.SkipUnless(ThreadAffinity.IsPresent, "Only Linux tells a thread's processors.");
        int[] processors = Read();
        Assert.SkipUnless(processors.Length > 1, "This process has a single processor.");
        Assert.SkipUnless(processors.Length >= Environment.ProcessorCount, "This process has fewer processors than workers.");
        Assert.SkipUnless(processors.Length < WorkerPlacement.MostWorkers, "There are more workers than are placed.");
        return processors;
    }

    // The processors of each worker but the caller, in a launch in which all take part.
    private static List<int[]> WorkerSets(AttentionDevice device)
    {
        var sets = new List<int[]>();
        OnWorkers(device, () =>
        {
            int[] own = Read();
            lock (sets)
                sets.Add(own);
        });
        return sets;
    }

    private static void OnWorkers(AttentionDevice device, Action action)
    {
        using var all = new Barrier(device.Workers);
        int caller = Environment.CurrentManagedThreadId;
        device.LoadTileKernel<RunTileAction, TileAction>().Run(
            device.DefaultStream,
            new TileAction((_, _) =>
            {
                all.SignalAndWait(_patience).Should().BeTrue("the other workers come");
                if (Environment.CurrentManagedThreadId != caller)
                    action();
            }),
            device.Workers);
    }

    private static T OnProcessors<T>(int[] processors, Func<T> function)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() =>
        {
            Write(processors);
            result = function();
        }));
        thread.Start();
        thread.Join();
        failure.Should().BeNull();
        return result!;
    }

    private static bool Eventually(Func<bool> condition)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begin) > _patience)
                return false;
            Thread.Sleep(_nap);
        }

        return true;
    }

#pragma warning disable CA1416 // Only called where the calls are present.
    private static int[] Read()
    {
        var words = new ulong[ThreadAffinity.Words];
        ThreadAffinity.TryRead(ThreadAffinity.CurrentThread(), words).Should().BeTrue();
        return [.. Enumerable.Range(0, words.Length * 64).Where(processor => (words[processor / 64] >> (processor % 64) & 1) != 0)];
    }

    private static void Write(int[] processors)
    {
        var words = new ulong[ThreadAffinity.Words];
        foreach (int processor in processors)
            words[processor / 64] |= 1UL << (processor % 64);
        ThreadAffinity.TryWrite(ThreadAffinity.CurrentThread(), words).Should().BeTrue();
    }
#pragma warning restore CA1416
}
