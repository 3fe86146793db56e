using System.Runtime.InteropServices;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Launching;

/// <summary>Several threads on one device: each gets the bits that it gets alone.</summary>
[Trait("Speed", "Quick")]
public class ThreadTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Threads = 8;

    [Theory, EachBackend]
    public void Mixed_operations_of_eight_threads_give_the_bits_of_each_alone(Backend backend)
    {
        AttentionDevice device = Device(backend);
        int rounds = backend == Backend.Cuda ? 28 : 200;
        Compete(device, thread => StreamJob.All(device, thread), rounds);
    }

    [Theory, EachBackend]
    public void Launches_of_one_small_kernel_keep_their_own_arguments(Backend backend)
    {
        AttentionDevice device = Device(backend);
        int rounds = backend == Backend.Cuda ? 100 : 2000;
        Compete(device, thread => [StreamJob.All(device, thread)[0]], rounds);
    }

    [Theory, EachBackend]
    public void Threads_may_share_the_default_stream(Backend backend)
    {
        AttentionDevice device = Device(backend);
        Compete(device, thread => StreamJob.All(device, thread), rounds: 28, _ => device.DefaultStream);
    }

    [Theory, EachBackend]
    public void Threads_may_read_the_same_tensors(Backend backend)
    {
        AttentionDevice device = Device(backend);
        float[] elements = RandomData.Normal(5, 6 * 64);
        using Tensor<float> input = device.Upload(elements, [6, 64]);
        using Tensor<float> weight = device.Upload(elements.AsSpan(0, 64), [64]);
        Compete(device, _ =>
        {
            Tensor<float> output = device.Allocate<float>([6, 64]);
            return
            [
                new StreamJob("RmsNorm", stream =>
                {
                    device.RmsNorm(input, weight, output, stream: stream);
                    return output.ToArray(stream);
                }, output),
            ];
        }, rounds: 100);
    }

    [Theory, EachBackend]
    public void A_plan_that_two_threads_run_at_once_refuses_one_of_them_and_gives_the_other_its_result(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> query = device.Upload(RandomData.Normal(1, 4 * 2 * 8), [1, 4, 2, 8]);
        using Tensor<float> key = device.Upload(RandomData.Normal(2, 600 * 8), [1, 600, 1, 8]);
        using AttentionPlan<float> plan = device.PlanAttention(
            query.Shape, key.Shape, new CausalMask(), new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Splits = 4 });
        using Tensor<float> expected = device.Allocate<float>(query.Shape);
        plan.Run(query, key, key, expected);
        float[] right = expected.ToArray();
        int refused = 0;
        int wrong = 0;
        int ran = 0;

        OnThreads(2, _ =>
        {
            using AcceleratorStream stream = device.Accelerator.CreateStream();
            using Tensor<float> output = device.Allocate<float>(query.Shape);

            // A run is short: on two processors it takes some before two of them meet.
            for (int round = 0; round < 20_000 && Volatile.Read(ref refused) == 0; round++)
            {
                try
                {
                    plan.Run(query, key, key, output, stream: stream);
                    Interlocked.Increment(ref ran);
                    if (!output.ToArray(stream).AsSpan().SequenceEqual(right))
                        Interlocked.Increment(ref wrong);
                }
                catch (InvalidOperationException exception) when (exception.Message.Contains("run by another thread", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref refused);
                }
            }
        });

        ran.Should().BePositive();
        wrong.Should().Be(0);
        refused.Should().BePositive();
    }

    [Theory, EachBackend]
    public async Task What_threads_used_that_were_interrupted_can_be_disposed(Backend backend)
    {
        AttentionDevice device = Device(backend);
        Tensor<float> shared = device.Upload(RandomData.Normal(7, 64), [1, 64]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(8, 64), [64]);

        // Interrupted while it compiles, ILGPU stays as it is in the middle of it, so the kernel is there before the first interruption.
        device.RmsNorm(shared, weight, shared);
        int interrupted = 0;
        bool isOver = false;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            AcceleratorStream stream = device.Accelerator.CreateStream();
            while (!Volatile.Read(ref isOver))
            {
                try
                {
                    device.RmsNorm(shared, weight, shared, stream: stream);
                }
                catch (ThreadInterruptedException)
                {
                    Interlocked.Increment(ref interrupted);
                }
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        for (long end = Environment.TickCount64 + 10_000; Volatile.Read(ref interrupted) < 100 && Environment.TickCount64 < end;)
        {
            foreach (Thread thread in threads)
                thread.Interrupt();
            Thread.Sleep(1);
        }

        Volatile.Write(ref isOver, true);
        foreach (Thread thread in threads)
            thread.Join();
        interrupted.Should().BePositive();

        // For ever, where somebody still holds it.
        await Task.Run(shared.Dispose, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        shared.IsDisposed.Should().BeTrue();
    }

    // Each thread runs its jobs in turn, begun with another one, on its own stream; all are compared with what each gave alone.
    private static void Compete(AttentionDevice device, Func<int, StreamJob[]> jobsOf, int rounds, Func<int, AcceleratorStream>? streamOf = null)
    {
        StreamJob[][] jobs = [.. Enumerable.Range(0, Threads).Select(jobsOf)];
        float[][][] alone = [.. jobs.Select(own => own.Select(job => job.Run(device.DefaultStream)).ToArray())];
        try
        {
            OnThreads(Threads, thread =>
            {
                AcceleratorStream stream = streamOf?.Invoke(thread) ?? device.Accelerator.CreateStream();
                for (int round = 0; round < rounds; round++)
                {
                    int index = (thread + round) % jobs[thread].Length;
                    StreamJob job = jobs[thread][index];
                    MemoryMarshal.AsBytes<float>(job.Run(stream)).SequenceEqual(MemoryMarshal.AsBytes<float>(alone[thread][index]))
                        .Should().BeTrue("{0} of thread {1} in round {2} is as alone", job.Name, thread, round);
                }

                if (streamOf is null)
                    stream.Dispose();
            });
        }
        finally
        {
            foreach (StreamJob job in jobs.SelectMany(own => own))
                job.Dispose();
        }
    }

    private static void OnThreads(int count, Action<int> run)
    {
        var failures = new List<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            try
            {
                run(index);
            }
            catch (Exception exception)
            {
                lock (failures)
                    failures.Add(exception);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        failures.Should().BeEmpty();
    }
}
