using AttentionKernels.Streams;
using AttentionKernels.Tensors;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Launching;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Streams;

/// <summary>Work on several streams, and copies to the host, come in the order in which they are called wherever they use the same memory.</summary>
[Trait("Speed", "Quick")]
public class StreamOrderTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Length = 500;
    private const int Repeats = 20;

    [Theory, EachBackend]
    public void A_copy_without_a_stream_brings_what_any_stream_wrote_last(Backend backend)
    {
        using var scene = new Scene(Device(backend));
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            scene.Fill(scene.Mine, scene.Second, scene.First, repeat);
            scene.Second.ToArray().Should().OnlyContain(element => element == repeat);
        }
    }

    [Theory, EachBackend]
    public void A_copy_on_one_stream_brings_what_another_wrote(Backend backend)
    {
        using var scene = new Scene(Device(backend));
        var target = new float[10];
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            scene.Fill(scene.Mine, scene.Second, scene.First, repeat);
            scene.Second.Slice(0, 5, 10).CopyTo(target, scene.Other);
            target.Should().OnlyContain(element => element == repeat);
        }
    }

    [Theory, EachBackend]
    public async Task A_copy_that_blocks_no_thread_brings_what_any_stream_wrote_last(Backend backend)
    {
        using var scene = new Scene(Device(backend));
        var target = new float[Length];
        var part = new float[10];
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            scene.Fill(scene.Mine, scene.Second, scene.First, repeat);
            await scene.Second.CopyToAsync(target);
            target.Should().OnlyContain(element => element == repeat);
            await scene.Second.View.Reshape([50, 10]).Slice(1, 3, 1).Slice(0, 0, 10).CopyToAsync(part, scene.Other);
            part.Should().OnlyContain(element => element == repeat);
        }
    }

    [Theory, EachBackend]
    public async Task A_copy_from_the_host_comes_behind_what_still_reads(Backend backend)
    {
        using var scene = new Scene(Device(backend));
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            float[] elements = [.. Enumerable.Repeat((float)-repeat, Length)];
            scene.First.CopyFrom(new float[Length]);
            scene.Fill(scene.Mine, scene.Second, scene.First, 1000);
            if (repeat % 2 == 0)
                scene.First.CopyFrom(elements, scene.Other);
            else
                await scene.First.CopyFromAsync(elements, scene.Other);
            scene.Second.ToArray().Should().OnlyContain(element => element == 1000);
            scene.First.ToArray().Should().Equal(elements);
        }
    }

    [Theory, EachBackend]
    public async Task Waiting_without_a_thread_waits_for_the_stream(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var scene = new Scene(device);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            scene.Fill(scene.Mine, scene.Second, scene.First, repeat);
            await device.SynchronizeAsync(scene.Mine, TestContext.Current.CancellationToken);
            device.Order.Of(scene.Mine).IsOver(repeat + 1).Should().BeTrue("the wait is noted");
            scene.Second.ToArray(scene.Other).Should().OnlyContain(element => element == repeat);
        }

        await device.SynchronizeAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    [Theory, EachBackend]
    public void Three_streams_that_hand_memory_on_to_each_other_are_ordered(Backend backend)
    {
        using var scene = new Scene(Device(backend));
        AcceleratorStream[] streams = [scene.Mine, scene.Other, scene.Device.DefaultStream];
        scene.First.CopyFrom(new float[Length]);
        for (int step = 0; step < 60; step++)
        {
            // Each step reads what the step before on another stream wrote, and overwrites what that one read.
            (Tensor<float> source, Tensor<float> target) = step % 2 == 0 ? (scene.First, scene.Second) : (scene.Second, scene.First);
            scene.Fill(streams[step % 3], target, source, 1);
        }

        scene.First.ToArray().Should().OnlyContain(element => element == 60);
    }

    [Theory, EachBackend]
    public void A_disposed_stream_is_waited_for_too(Backend backend)
    {
        using var scene = new Scene(Device(backend));
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            AcceleratorStream stream = scene.Device.Accelerator.CreateStream();
            scene.Fill(stream, scene.Second, scene.First, repeat);
            stream.Dispose();
            scene.Second.ToArray().Should().OnlyContain(element => element == repeat);
        }
    }

    [Theory, EachBackend]
    public void Readers_on_several_streams_do_not_wait_for_each_other(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Normal(1, 64), [1, 64]);
        using Tensor<float> one = device.Allocate<float>([1, 64]);
        using Tensor<float> other = device.Allocate<float>([1, 64]);
        using AcceleratorStream stream = device.Accelerator.CreateStream();
        device.LayerNorm(input, null, null, one);
        long ticket = device.Order.Of(device.DefaultStream).Queued();

        device.LayerNorm(input, null, null, other, stream: stream);

        device.Order.Of(device.DefaultStream).IsOver(ticket).Should().Be(backend == Backend.Cpu, "nobody has waited for the default stream");
        other.ToArray(stream).Should().Equal(one.ToArray());
    }

    [Theory, EachBackend]
    public void One_stream_never_waits(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var scene = new Scene(device);
        scene.Fill(scene.Mine, scene.Second, scene.First, 1);
        scene.Fill(scene.Mine, scene.First, scene.Second, 1);
        scene.Fill(scene.Mine, scene.Second, scene.First, 1);

        device.Order.Of(scene.Mine).IsOver(1).Should().Be(backend == Backend.Cpu);
        scene.Second.ToArray(scene.Mine).Should().OnlyContain(element => element == 3);
    }

    [Theory, EachBackend]
    public void Disposing_waits_for_what_reads_and_what_was_written_is_right(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var scene = new Scene(device);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            Tensor<float> source = device.Upload([.. Enumerable.Repeat((float)repeat, Length)], [Length]);
            scene.Fill(scene.Mine, scene.Second, source, 1);
            source.Dispose();
            using Tensor<float> next = device.Upload([.. Enumerable.Repeat(-1f, Length)], [Length]);
            scene.Second.ToArray().Should().OnlyContain(element => element == repeat + 1);
        }
    }

    [Theory, EachBackend]
    public void Tensors_that_are_disposed_beside_runs_of_another_thread_end_them_with_an_exception_at_most(Backend backend)
    {
        AttentionDevice device = Device(backend);
        int finished = 0;
        for (int repeat = 0; repeat < 30; repeat++)
        {
            using Tensor<float> output = device.Allocate<float>([64, 256]);
            using Tensor<float> weight = device.Allocate<float>([256]);
            Tensor<float> input = device.Allocate<float>([64, 256]);
            using AcceleratorStream stream = device.Accelerator.CreateStream();

            DisposeBeside(() => device.RmsNorm(input, weight, output, stream: stream), input).Should().BeOfType<ObjectDisposedException>();
            finished++;
        }

        finished.Should().Be(30);
    }

    [Theory, EachBackend]
    public void A_device_that_is_disposed_beside_runs_of_another_thread_ends_them_with_an_exception_at_most(Backend backend)
    {
        for (int repeat = 0; repeat < 5; repeat++)
        {
            AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
            Tensor<float> rows = device.Allocate<float>([64, 256]);
            AttentionPlan<float> plan = device.PlanAttention([1, 4, 2, 8], [1, 64, 1, 8], new CausalMask());
            Tensor<float> query = device.Allocate<float>([1, 4, 2, 8]);
            Tensor<float> key = device.Allocate<float>([1, 64, 1, 8]);
            Tensor<float> output = device.Allocate<float>([1, 4, 2, 8]);
            AcceleratorStream stream = device.Accelerator.CreateStream();
            void Run()
            {
                device.LayerNorm(rows, null, null, rows, stream: stream);
                plan.Run(query, key, key, output, stream: stream);
            }

            DisposeBeside(Run, device).Should().BeOfType<ObjectDisposedException>();
        }
    }

    [Theory, EachBackend]
    public void A_device_that_is_disposed_beside_a_first_call_lets_it_end_with_an_exception_at_most(Backend backend)
    {
        // While kernels are compiled, most of them.
        foreach (int milliseconds in (int[])[0, 10, 40, 100])
        {
            AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
            Exception? failure = null;
            void CallUntilRefused()
            {
                using Tensor<float> rows = device.Allocate<float>([1, 3, 2, 8]);
                while (true)
                    device.Attention(rows, rows, rows, new CausalMask()).Dispose();
            }

            var thread = new Thread(() => failure = Record.Exception(CallUntilRefused));
            thread.Start();
            Thread.Sleep(milliseconds);
            device.Dispose();
            thread.Join();
            failure.Should().BeOfType<ObjectDisposedException>();
        }
    }

    [Theory, EachBackend]
    public void Calls_that_begin_at_the_same_moment_come_one_after_the_other(Backend backend)
    {
        AttentionDevice device = Device(backend);
        const int Threads = 3;
        int rounds = backend == Backend.Cuda ? 20 : 300;
        using Tensor<int> counts = device.Upload(new int[64], [64]);
        TileKernel<CountTiles, CountTilesArguments> kernel = device.LoadTileKernel<CountTiles, CountTilesArguments>();
        OnThreads(device, Threads, (stream, _) =>
        {
            for (int round = 0; round < rounds; round++)
                kernel.Run(stream, new CountTilesArguments(counts.View.Data, 1), 64);
        });

        counts.ToArray().Should().OnlyContain(count => count == Threads * rounds);
    }

    [Theory, EachBackend]
    public void A_stream_that_is_disposed_while_another_thread_waits_for_it_is_waited_for_to_its_end(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> rows = device.Upload(new float[64], [1, 64]);
        using Tensor<float> weight = device.Upload(new float[64], [64]);
        for (int repeat = 0; repeat < (backend == Backend.Cuda ? 10 : 200); repeat++)
        {
            OnThreads(device, 3, (stream, _) =>
            {
                for (int round = 0; round < 10; round++)
                    device.RmsNorm(rows, weight, rows, stream: stream);
            });
        }
    }

    [Theory, EachBackend]
    public void A_copy_brings_all_of_what_another_thread_writes_or_nothing(Backend backend)
    {
        AttentionDevice device = Device(backend);
        int rounds = backend == Backend.Cuda ? 20 : 300;
        using Tensor<float> tensor = device.Upload(new float[20_000], [20_000]);
        int torn = 0;
        OnThreads(device, 2, (stream, thread) =>
        {
            for (int round = 0; round < rounds; round++)
            {
                if (thread == 0)
                    tensor.CopyFrom(Enumerable.Repeat((float)round, 20_000).ToArray(), stream);
                else if (tensor.ToArray(stream).Distinct().Skip(1).Any())
                    torn++;
            }
        });

        torn.Should().Be(0);
    }

    [Theory, EachBackend]
    public void A_wait_for_what_was_queued_does_not_wait_for_what_another_thread_goes_on_queueing(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> ones = device.Upload([1f, 1f], [1, 2]);
        using Tensor<float> output = device.Allocate<float>([1, 2]);
        using AcceleratorStream stream = device.Accelerator.CreateStream();
        using var begun = new ManualResetEventSlim();
        bool isRead = false;
        var writer = new Thread(() =>
        {
            while (!Volatile.Read(ref isRead))
            {
                device.RmsNorm(ones, ones.View.Reshape([2]), output, stream: stream);
                begun.Set();
            }
        });
        writer.Start();
        begun.Wait(TestContext.Current.CancellationToken);

        float[] read = output.ToArray();

        Volatile.Write(ref isRead, true);
        writer.Join();
        read.Should().Equal(output.ToArray());
    }

    [Theory, EachBackend(DriversOnly = true, ProcessorsOnly = true)]
    public async Task A_copy_that_blocks_no_thread_does_not_wait_for_another_stream_either(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var scene = new Scene(device);
        var target = new float[Length];
        for (int repeat = 0; repeat < 200; repeat++)
            scene.Fill(scene.Mine, scene.Second, scene.First, repeat);

        Task copy = scene.Second.CopyToAsync(target, scene.Other);
        Task written = device.SynchronizeAsync(scene.Mine, TestContext.Current.CancellationToken);

        written.IsCompleted.Should().BeFalse("the call has returned before what it copies was written");
        await copy;
        target.Should().OnlyContain(element => element == 199);
        await written;
    }

    [Theory, EachBackend]
    public void Readers_on_streams_that_are_gone_do_not_add_up(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> weight = device.Upload([1f, 2f], [2]);
        Tensor<float>[] outputs = [.. Enumerable.Range(0, 400).Select(_ => device.Allocate<float>([1, 2]))];
        foreach (Tensor<float> output in outputs)
        {
            using AcceleratorStream stream = device.Accelerator.CreateStream();
            device.RmsNorm(weight.View.Reshape([1, 2]), weight, output, stream: stream);
            stream.Synchronize();
        }

        var readers = new List<StreamUse>();
        MemoryUse.Of(TensorChecks.Buffer(weight.View.Data)!).ListEarlier(null, writes: true, readers);
        readers.Count.Should().BeLessThan(100);
        foreach (Tensor<float> output in outputs)
            output.Dispose();
    }

    [Theory, EachBackend]
    public void A_wait_that_is_cancelled_before_it_begins_is_cancelled(Backend backend) =>
        Device(backend).SynchronizeAsync(cancellationToken: new CancellationToken(canceled: true)).IsCanceled.Should().BeTrue();

    [Fact]
    public void A_tile_may_not_dispose_what_its_kernel_uses()
    {
        AttentionDevice device = Device(Backend.Cpu);
        using Tensor<float> tensor = device.Allocate<float>([1]);
        Exception? failure = null;

        device.LoadTileKernel<RunTileAction, TileAction>().Run(
            device.DefaultStream, new TileAction((_, _) => failure = Record.Exception(tensor.Dispose)), 1);

        failure.Should().BeOfType<InvalidOperationException>();
        tensor.IsDisposed.Should().BeFalse();
    }

    [Theory, EachBackend]
    public void Views_of_arguments_are_found_wherever_they_are(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> tensor = device.Allocate<float>([8]);
        using StreamWork work = device.Order.Begin(device.DefaultStream);

        work.UsesViews(new Outer(new Inner(1, tensor.View.Data), new Inner(2, tensor.View.Data), default));

        work.Uses.Select(use => use.Writes).Should().Equal(false, true);
        work.Uses.Select(use => use.Use).Distinct().Should().ContainSingle();
    }

    // Runs something on threads, each with a stream of its own, and waits for all.
    private static void OnThreads(AttentionDevice device, int count, Action<AcceleratorStream, int> run)
    {
        using var start = new Barrier(count);
        var failures = new Exception?[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() => failures[index] = Record.Exception(() =>
        {
            using AcceleratorStream stream = device.Accelerator.CreateStream();
            start.SignalAndWait();
            run(stream, index);
            device.Synchronize(stream);
        })))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        failures.Should().OnlyContain(failure => failure == null);
    }

    // Disposes something once another thread has begun to run work again and again; returns what has ended that thread.
    private static Exception? DisposeBeside(Action run, IDisposable disposed)
    {
        using var begun = new ManualResetEventSlim();
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                for (int index = 0; index < 1_000_000; index++)
                {
                    run();
                    begun.Set();
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            begun.Set();
        });
        thread.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        disposed.Dispose();
        thread.Join();
        return failure;
    }

    private readonly record struct Inner(int Number, ArrayView<float> View);

    private readonly record struct Outer([field: KernelInput] Inner Read, Inner Written, ArrayView<float> Default);

    /// <summary>Two tensors, two streams, and a kernel that takes its time.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly TileKernel<SlowFill, SlowFillArguments> _fill;
        private readonly int _rounds;

        public Scene(AttentionDevice device)
        {
            Device = device;
            _fill = device.LoadTileKernel<SlowFill, SlowFillArguments>();

            // A millisecond or so, on the slowest of them.
            _rounds = device.Description.Kind == DeviceKind.Cuda ? 300 : 3000;
            First = device.Upload(new float[Length], [Length]);
            Second = device.Upload(new float[Length], [Length]);
            Mine = device.Accelerator.CreateStream();
            Other = device.Accelerator.CreateStream();
        }

        public AttentionDevice Device { get; }

        public Tensor<float> First { get; }

        public Tensor<float> Second { get; }

        public AcceleratorStream Mine { get; }

        public AcceleratorStream Other { get; }

        /// <summary>Queues target = source + value.</summary>
        public void Fill(AcceleratorStream stream, Tensor<float> target, Tensor<float> source, float value) =>
            _fill.Run(stream, new SlowFillArguments(target.View.Data, source.View.Data, value, _rounds), Length);

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Mine.Dispose();
            Other.Dispose();
        }
    }
}
