using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Block tables that only the device has.</summary>
public class DeviceBlockTableTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _queryLengths = [2, 1, 1, 3];
    private static readonly int[] _keyLengths = [11, 20, 3, 17];

    [Theory, EachBackend]
    public void A_table_on_the_device_gives_the_bits_of_one_on_the_host(Backend backend)
    {
        using var runner = new PagedRunner(Device(backend), 3, _queryLengths, _keyLengths, 4, 2, 12, 4);
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
        {
            (float[][] expected, float[][] expectedStates) = runner.Run(new CausalMask(), options);

            (float[][] output, float[][] states, int[] faults) = Run(runner, options, Entries(runner.Table), _keyLengths);

            faults.Should().BeEmpty();
            output.Should().BeEquivalentTo(expected, exactly => exactly.WithStrictOrdering());
            states.Should().BeEquivalentTo(expectedStates, exactly => exactly.WithStrictOrdering());
        }
    }

    [Theory, EachBackend]
    public void Whatever_the_table_holds_nothing_outside_is_read_and_the_other_sequences_are_as_they_were(Backend backend)
    {
        using var runner = new PagedRunner(Device(backend), 4, _queryLengths, _keyLengths, 4, 2, 12, 4);
        (int Sequence, int Entry, int Value)[] entries = [(0, 2, -1), (1, 0, int.MaxValue), (1, 4, runner.Cache.Options.Pages), (3, 1, int.MinValue)];
        (int Sequence, int Length)[] lengths = [(0, -1), (1, 21), (2, int.MaxValue), (3, 2), (3, int.MinValue)];
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
        {
            (float[][] expected, _) = runner.Run(new CausalMask(), options);
            foreach ((int sequence, int entry, int value) in entries)
            {
                int[] wrong = Entries(runner.Table);
                wrong[(sequence * runner.Table.PagesPerSequence) + entry] = value;
                Verify(sequence, wrong, _keyLengths);
            }

            foreach ((int sequence, int length) in lengths)
            {
                int[] wrong = [.. _keyLengths];
                wrong[sequence] = length;
                Verify(sequence, Entries(runner.Table), wrong);
            }

            void Verify(int wrong, int[] pages, int[] keyLengths)
            {
                (float[][] output, float[][] states, int[] faults) = Run(runner, options, pages, keyLengths);
                faults.Should().Equal(wrong);
                output[wrong].Should().OnlyContain(number => number == 0f);
                states[wrong].Should().OnlyContain(number => float.IsNegativeInfinity(number));
                for (int sequence = 0; sequence < output.Length; sequence++)
                {
                    if (sequence != wrong)
                        output[sequence].Should().Equal(expected[sequence]);
                }
            }
        }
    }

    [Theory, EachBackend]
    public void Faults_of_a_run_on_a_stream_of_one_s_own_are_waited_for(Backend backend)
    {
        using var runner = new PagedRunner(Device(backend), 5, [1, 1, 1, 1], [2000, 2100, 2200, 2300], 8, 8, 64, 4);
        int[] entries = Entries(runner.Table);
        entries[2 * runner.Table.PagesPerSequence] = -1;
        using Tensor<int> pages = runner.Device.Upload(entries, [4, runner.Table.PagesPerSequence]);
        using Tensor<int> lengths = runner.Device.Upload<int>([2000, 2100, 2200, 2300], [4]);
        using Tensor<float> query = runner.Device.Allocate<float>([4, 8, 64]);
        using Tensor<float> output = runner.Device.Allocate<float>([4, 8, 64]);
        using var table = new BlockTable(runner.Cache, pages, lengths);
        using PagedAttentionPlan<float> plan = runner.Device.PlanPagedAttention(table, 8, 1, new CausalMask());
        using AcceleratorStream stream = runner.Device.Accelerator.CreateStream();
        runner.Device.Synchronize();

        // The check waits behind other work of the stream.
        using PagedAttentionPlan<float> before = runner.Device.PlanPagedAttention(runner.Table, 8, 1, new CausalMask());
        for (int run = 0; run < 8; run++)
            before.Run(query, [1, 1, 1, 1], output, stream: stream);
        plan.Run(query, [1, 1, 1, 1], output, stream: stream);

        table.ReadFaults().Should().Equal(2);
        stream.Synchronize();
    }

    [Theory, EachBackend]
    public void What_such_a_table_cannot_do_is_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, PagedRunner.DefaultStorage);
        using Tensor<int> pages = device.Upload<int>([0, 0], [2, 1]);
        using Tensor<int> lengths = device.Upload<int>([1, 1], [2]);
        using var table = new BlockTable(cache, pages, lengths);
        using var onHost = new BlockTable(cache, 2, 1);

        table.Invoking(rows => rows.Set(0, [0], 1)).Should().Throw<InvalidOperationException>().WithMessage("Only the device has the rows*");
        table.Invoking(rows => rows.Slot(0, 0)).Should().Throw<InvalidOperationException>();
        table.Invoking(rows => rows.KeyLengths.Length).Should().Throw<InvalidOperationException>();
        onHost.Invoking(rows => rows.ReadFaults()).Should().Throw<InvalidOperationException>().WithMessage("The host has the table*");
        device.Invoking(on => on.PlanCascadeAttention(table, 1, 1, new CausalMask())).Should().Throw<ArgumentException>().WithParameterName("table");
        ((Action)(() => _ = new BlockTable(cache, pages, lengths.View.Slice(0, 0, 1)))).Should().Throw<ArgumentException>().WithParameterName("keyLengths");
        ((Action)(() => _ = new BlockTable(cache, pages.View.Reshape([2]), lengths))).Should().Throw<ArgumentException>().WithParameterName("pages");
        ((Action)(() => _ = new BlockTable(cache, pages.View.Slice(1, 0, 0), lengths))).Should().Throw<ArgumentException>().WithParameterName("pages");
        table.Dispose();
        table.IsDisposed.Should().BeTrue();
        pages.ToArray().Should().Equal(0, 0);
        table.Invoking(rows => rows.ReadFaults()).Should().Throw<ObjectDisposedException>();
    }

    private static int[] Entries(BlockTable table) => [.. Enumerable.Range(0, table.Sequences).SelectMany(sequence => table.Pages(sequence).ToArray())];

    private static (float[][] Output, float[][] LogSumExp, int[] Faults) Run(PagedRunner runner, AttentionOptions options, int[] entries, int[] keyLengths)
    {
        using var pages = GuardedTensor<int>.Of(runner.Device, entries, [runner.Table.Sequences, runner.Table.PagesPerSequence]);
        using var lengths = GuardedTensor<int>.Of(runner.Device, keyLengths, [keyLengths.Length]);
        using var table = new BlockTable(runner.Cache, pages.View, lengths.View);
        using PagedAttentionPlan<float> plan = runner.Device.PlanPagedAttention(table, runner.Heads, 3, new CausalMask(), options);
        (float[][] output, float[][] states) = runner.Run(plan);
        pages.VerifyUnchanged();
        lengths.VerifyUnchanged();
        return (output, states, table.ReadFaults());
    }
}
