using System.Collections.Concurrent;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Launching;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Streams;

/// <summary>The scheduler of the managed CPU: all tiles, each once, whatever the threads, the exceptions and the other launches do.</summary>
[Trait("Speed", "Quick")]
public class TileSchedulerTests(TestDevices devices) : DeviceTests(devices)
{
    // A machine under load takes seconds to give a thread its turn; a scheduler that hangs takes for ever.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void Every_tile_runs_exactly_once(int tiles)
    {
        var counts = new int[tiles];

        Launch(tiles, tile => Interlocked.Increment(ref counts[tile]));

        counts.AsSpan().IndexOfAnyExcept(1).Should().Be(-1);
    }

    [Fact]
    public void Tiles_run_on_all_workers_at_once_and_none_shares_its_scratch_memory()
    {
        AttentionDevice device = Device(Backend.Cpu);
        device.Workers.Should().Be(Environment.ProcessorCount);
        using Tensor<float> scratch = device.Upload([.. Enumerable.Range(0, device.Workers).Select(worker => (float)worker)], [device.Workers]);
        using var all = new Barrier(device.Workers);
        var seen = new int[device.Workers];

        // As many tiles as workers, each of which waits for all others.
        device.LoadTileKernel<RunTileAction, TileAction>().Run(
            device.DefaultStream,
            new TileAction((_, own) =>
            {
                all.SignalAndWait(_patience).Should().BeTrue("the other workers come");
                Interlocked.Increment(ref seen[(int)own[0]]);
            }),
            device.Workers, scratch.View.Data, 1);

        seen.Should().OnlyContain(count => count == 1);
    }

    [Fact]
    public void Scratch_memory_serves_one_tile_at_a_time()
    {
        AttentionDevice device = Device(Backend.Cpu);
        using Tensor<float> scratch = device.Upload([.. Enumerable.Range(0, device.Workers).Select(worker => (float)worker)], [device.Workers]);
        var users = new int[device.Workers];
        int shared = 0;

        device.LoadTileKernel<RunTileAction, TileAction>().Run(
            device.DefaultStream,
            new TileAction((_, own) =>
            {
                int worker = (int)own[0];
                if (Interlocked.Increment(ref users[worker]) != 1)
                    Interlocked.Increment(ref shared);
                Thread.SpinWait(20);
                Interlocked.Decrement(ref users[worker]);
            }),
            20_000, scratch.View.Data, 1);

        shared.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_exception_of_a_tile_keeps_its_type_and_the_next_launch_works(bool onWorker)
    {
        int caller = Environment.CurrentManagedThreadId;
        using var reached = new ManualResetEventSlim();
        for (int repeat = 0; repeat < 20; repeat++)
        {
            reached.Reset();
            Action launch = () => Launch(Workers, _ =>
            {
                // The others hold their tiles, so that the one that is to throw gets one.
                if (Environment.CurrentManagedThreadId == caller != onWorker)
                {
                    reached.Set();
                    throw new InvalidTimeZoneException("a tile's own");
                }

                reached.Wait(_patience);
            });
            int done = 0;

            if (Workers > 1 || !onWorker)
                launch.Should().Throw<InvalidTimeZoneException>().WithMessage("a tile's own").Which.StackTrace.Should().Contain(nameof(RunTileAction));
            Launch(1000, _ => Interlocked.Increment(ref done));

            done.Should().Be(1000, "neither the exception nor the tiles it left undone are the next launch's");
        }
    }

    [Fact]
    public void Launches_of_several_threads_do_not_mix()
    {
        const int Threads = 5;
        const int Launches = 400;
        const int Tiles = 37;
        var wrong = new int[Threads];
        AttentionDevice device = Device(Backend.Cpu);
        TileKernel<RunTileAction, TileAction> kernel = device.LoadTileKernel<RunTileAction, TileAction>();

        RunOnThreads(Threads, thread =>
        {
            for (int launch = 0; launch < Launches; launch++)
            {
                // Every third launch fails, and its exception is its own thread's.
                var counts = new int[Tiles];
                bool fails = launch % 3 == 0;
                try
                {
                    kernel.Run(device.DefaultStream, new TileAction((tile, _) =>
                    {
                        Interlocked.Increment(ref counts[tile]);
                        if (fails && tile == launch % Tiles)
                            throw new InvalidTimeZoneException($"{thread}");
                    }), Tiles);
                    if (fails || counts.AsSpan().ContainsAnyExcept(1))
                        wrong[thread]++;
                }
                catch (InvalidTimeZoneException exception)
                {
                    if (!fails || exception.Message != $"{thread}" || counts.AsSpan().ContainsAnyExceptInRange(0, 1))
                        wrong[thread]++;
                }
            }
        });

        wrong.Should().OnlyContain(count => count == 0);
    }

    [Fact]
    public void A_hundred_thousand_short_launches_end_and_leave_no_tile_out()
    {
        const int Launches = 100_000;
        const int Tiles = 3;
        long done = 0;
        var action = new TileAction((_, _) => Interlocked.Increment(ref done));
        AttentionDevice device = Device(Backend.Cpu);
        TileKernel<RunTileAction, TileAction> kernel = device.LoadTileKernel<RunTileAction, TileAction>();
        int early = 0;

        RunOnThreads(1, _ =>
        {
            for (int launch = 1; launch <= Launches; launch++)
            {
                kernel.Run(device.DefaultStream, action, Tiles);
                if (Volatile.Read(ref done) != (long)launch * Tiles)
                    early++;

                // Now and then long enough for the workers to begin to sleep, and at times that vary.
                if (launch % 64 == 0)
                    Thread.SpinWait(launch % 8192);
            }
        });

        early.Should().Be(0, "a launch returns when all its tiles are done");
        done.Should().Be((long)Launches * Tiles);
    }

    [Fact]
    public void A_launch_allocates_nothing_after_the_first()
    {
        var action = new TileAction((_, _) => { });
        AttentionDevice device = Device(Backend.Cpu);
        TileKernel<RunTileAction, TileAction> kernel = device.LoadTileKernel<RunTileAction, TileAction>();
        kernel.Run(device.DefaultStream, action, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int launch = 0; launch < 1000; launch++)
            kernel.Run(device.DefaultStream, action, 1 + (launch % 100));

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tile_that_launches_a_kernel_is_refused_and_the_next_launch_works(bool onWorker)
    {
        Exception? failure = null;
        int done = 0;
        RunOnThreads(1, _ =>
        {
            int caller = Environment.CurrentManagedThreadId;
            using var reached = new ManualResetEventSlim();
            failure = Record.Exception(() => Launch(Math.Max(2, Workers), _ =>
            {
                if (Workers == 1 || Environment.CurrentManagedThreadId == caller != onWorker)
                {
                    reached.Set();
                    Launch(2, _ => { });
                }

                reached.Wait(_patience);
            }));
            Launch(1000, _ => Interlocked.Increment(ref done));
        });

        failure.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("tile");
        done.Should().Be(1000);
    }

    [Fact]
    public void Two_devices_run_at_the_same_time()
    {
        using AttentionDevice first = AttentionDevice.Open(DeviceKind.Cpu);
        using AttentionDevice second = AttentionDevice.Open(DeviceKind.Cpu);
        AttentionDevice[] both = [first, second];
        using var meeting = new Barrier(2);
        int met = 0;

        // A tile of each device waits for one of the other, more than once, so that launches meet on every way through the schedulers.
        RunOnThreads(2, index =>
        {
            for (int launch = 0; launch < 50; launch++)
            {
                Launch(both[index], 100, tile =>
                {
                    if (tile != launch)
                        return;
                    meeting.SignalAndWait(_patience).Should().BeTrue("the other device runs too");
                    Interlocked.Increment(ref met);
                });
            }
        });

        met.Should().Be(2 * 50);
    }

    [Fact]
    public void Threads_that_launch_on_two_devices_by_turns_lose_no_tile()
    {
        using AttentionDevice first = AttentionDevice.Open(DeviceKind.Cpu);
        using AttentionDevice second = AttentionDevice.Open(DeviceKind.Cpu);
        AttentionDevice[] both = [first, second];
        long done = 0;

        RunOnThreads(4, index =>
        {
            for (int launch = 0; launch < 500; launch++)
                Launch(both[(index + launch) % 2], 37, _ => Interlocked.Increment(ref done));
        });

        done.Should().Be(4 * 500 * 37);
    }

    [Fact]
    public void The_threads_of_a_device_end_with_it_and_those_of_another_go_on()
    {
        using AttentionDevice other = AttentionDevice.Open(DeviceKind.Cpu);
        AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        Thread[] workers = ThreadsOf(device);
        Thread[] others = ThreadsOf(other);

        device.Dispose();

        workers.Should().OnlyContain(thread => !thread.IsAlive, "they are the device's");
        others.Should().OnlyContain(thread => thread.IsAlive && !workers.Contains(thread));
        ThreadsOf(other).Should().BeEquivalentTo(others);
    }

    [Fact]
    public void A_tile_of_a_device_can_neither_launch_on_another_device_nor_dispose_it()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        using AttentionDevice other = AttentionDevice.Open(DeviceKind.Cpu);
        Action<AttentionDevice>[] calls = [another => Launch(another, 1, _ => { }), another => another.Dispose()];
        foreach (Action<AttentionDevice> call in calls)
            FluentActions.Invoking(() => Launch(device, 1, _ => call(other))).Should().Throw<InvalidOperationException>().WithMessage("*tile*");
        int done = 0;

        Launch(other, 1000, _ => Interlocked.Increment(ref done));

        done.Should().Be(1000);
    }

    // All but the caller, in a launch in which each worker waits for all others.
    private static Thread[] ThreadsOf(AttentionDevice device)
    {
        using var all = new Barrier(device.Workers);
        var threads = new ConcurrentBag<Thread>();
        Launch(device, device.Workers, _ =>
        {
            all.SignalAndWait(_patience).Should().BeTrue("the other workers come");
            threads.Add(Thread.CurrentThread);
        });
        return [.. threads.Where(thread => thread != Thread.CurrentThread)];
    }

    // On threads of their own, so that a scheduler that hangs fails the test and not the run.
    private static void RunOnThreads(int count, Action<int> run)
    {
        Exception? failure = null;
        Thread[] threads =
        [
            .. Enumerable.Range(0, count).Select(index => new Thread(() => failure = Record.Exception(() => run(index)) ?? failure) { IsBackground = true }),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join(_patience).Should().BeTrue("no launch hangs");
        failure.Should().BeNull();
    }

    private static int Workers => Environment.ProcessorCount;

    private void Launch(long tiles, Action<long> tile) => Launch(Device(Backend.Cpu), tiles, tile);

    private static void Launch(AttentionDevice device, long tiles, Action<long> tile) =>
        device.LoadTileKernel<RunTileAction, TileAction>().Run(device.DefaultStream, new TileAction((index, _) => tile(index)), tiles);
}
