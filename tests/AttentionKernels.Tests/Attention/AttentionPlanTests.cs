using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Plans choose by shape and device, say why, hold little memory, and serve shorter runs.</summary>
public class AttentionPlanTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Few_queries_against_many_keys_are_split_among_workers(Backend backend)
    {
        using AttentionPlan<float> plan = Device(backend).PlanAttention([1, 1, 32, 128], [1, 4096, 8, 128], new CausalMask());

        plan.Algorithm.Should().Be(AttentionAlgorithm.SplitKv);
        plan.Explain().Should().Contain("SplitKv").And.Contain("4096 keys").And.Contain("not taken").And.Contain(plan.Schedule.ToString());
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Few_queries_leave_no_tile_all_but_empty_however_few_the_keys_are(Backend backend)
    {
        AttentionCase few = new(2, 8, 2, 2, 5, 16, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        using AttentionPlan<float> plan = Device(backend).PlanAttention(few.QueryShape, few.KeyShape, new CausalMask());
        using AttentionPlan<float> more = Device(backend).PlanAttention([2, 3, 8, 16], [2, 5, 2, 16], new CausalMask());

        (plan.Algorithm, plan.Splits).Should().Be((AttentionAlgorithm.SplitKv, 1));
        plan.Explain().Should().Contain("8 rows share a kv head, few at any number of keys");
        more.Algorithm.Should().Be(AttentionAlgorithm.Tiled);
        AttentionRunner.Verify(Device(backend), few, new AttentionOptions());
    }

    [Theory, EachBackend]
    public void Many_queries_are_tiled(Backend backend)
    {
        using AttentionPlan<float> plan = Device(backend).PlanAttention([1, 512, 8, 64], [1, 512, 8, 64], new NoMask());

        plan.Algorithm.Should().Be(AttentionAlgorithm.Tiled);
        plan.Splits.Should().Be(1);
        plan.Explain().Should().Contain("algorithm Naive: not taken, it would need 8,388,608 bytes of scores");
    }

    [Theory, EachBackend]
    public void More_splits_than_key_tiles_are_as_many_as_there_are_tiles(Backend backend)
    {
        AttentionCase attention = new(1, 2, 1, 2, 130, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        var options = new AttentionOptions { Splits = 1000 };
        using AttentionPlan<float> plan = Device(backend).PlanAttention(attention.QueryShape, attention.KeyShape, new CausalMask(), options);

        plan.Splits.Should().Be(3);
        plan.Explain().Should().Contain("splits 3: the options ask for 1000, but 130 keys have no more tiles of 64");
        AttentionRunner.Verify(Device(backend), attention, options);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void A_long_sequence_with_too_few_rows_for_all_workers_is_split_over_its_keys(Backend backend)
    {
        AttentionCase attention = new(1, 1, 1, 100, 3000, 24, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        using AttentionPlan<float> plan = Device(backend).PlanAttention(attention.QueryShape, attention.KeyShape, new CausalMask());

        plan.Algorithm.Should().Be(Device(backend).Workers > 1 ? AttentionAlgorithm.SplitKv : AttentionAlgorithm.Tiled);
        AttentionRunner.Verify(Device(backend), attention, new AttentionOptions());
    }

    // Tensor cores decode with two work groups a multiprocessor: 264 at a time.
    [Theory]
    [EachBackend(16, 32, 8, 8192, 2, CudaOnly = true)]
    [EachBackend(1, 32, 8, 32768, 32, CudaOnly = true)]
    [EachBackend(16, 32, 32, 2048, 1, CudaOnly = true)]
    [EachBackend(1, 32, 8, 1024, 4, CudaOnly = true)]
    public void Splits_fill_whole_rounds_of_a_GPU_s_work_groups(Backend backend, int batch, int heads, int keyValueHeads, int keys, int splits)
    {
        AttentionDevice device = Device(backend);
        using AttentionDevice like = device.As(device.Description with { ComputeUnits = 132 });
        using AttentionPlan<Half> plan = like.PlanAttention(
            [batch, 1, heads, 128], [batch, keys, keyValueHeads, 128], new CausalMask(), NumberFormat.Float16);

        (plan.Schedule, plan.Splits).Should().Be((KernelSchedule.TensorCore, splits));
    }

    [Theory, EachBackend]
    public void The_batch_invariant_reduction_splits_at_the_same_keys_for_every_plan(Backend backend)
    {
        var options = new AttentionOptions { Reduction = Reduction.BatchInvariant };
        using AttentionPlan<float> alone = Device(backend).PlanAttention([1, 1, 8, 64], [1, 600, 2, 64], new CausalMask(), options);
        using AttentionPlan<float> among = Device(backend).PlanAttention([64, 200, 8, 64], [64, 5000, 2, 64], new CausalMask(), options);

        (alone.Splits, among.Splits).Should().Be((2, 10));
        among.Explain().Should().Contain("splits 10: every 512 keys, whatever the batch; none of sequences with more than 16 rows a kv head");

        // Partial states only of sequences with few queries: 4 of the 200. Behind its output, a state has a sector for the maximum and the sum.
        if (among.Schedule == KernelSchedule.Simt)
            among.WorkspaceBytes.Should().Be(sizeof(float) * 64L * 8 * 4 * 10 * (64 + 8));
    }

    [Theory, EachBackend]
    public void Processors_take_the_Vector_schedule_and_GPUs_Simt(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using AttentionPlan<float> plan = device.PlanAttention([1, 4, 1, 8], [1, 4, 1, 8], new NoMask());

        bool isProcessor = device.Description.Kind is DeviceKind.Cpu or DeviceKind.OpenClCpu;
        plan.Schedule.Should().Be(isProcessor ? KernelSchedule.Vector : KernelSchedule.Simt);
    }

    [Theory, EachBackend]
    public void Tiled_attention_over_4096_tokens_needs_less_than_a_megabyte_besides_its_tensors(Backend backend)
    {
        // A device of the test's own, on which nobody else allocates or frees.
        using AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
        TensorShape shape = [1, 4096, 8, 64];
        using Tensor<float> tensor = device.Allocate<float>(shape);
        using Tensor<float> output = device.Allocate<float>(shape);
        tensor.CopyFrom(new float[shape.ElementCount]);
        long before = DeviceMemory.Allocated(device);

        using AttentionPlan<float> plan = device.PlanAttention(shape, shape, new CausalMask());
        plan.Run(tensor, tensor, tensor, output);
        device.Synchronize();

        plan.Algorithm.Should().Be(AttentionAlgorithm.Tiled);
        plan.WorkspaceBytes.Should().BeLessThan(1 << 20);
        before.Should().BeGreaterThanOrEqualTo(2 * sizeof(float) * shape.ElementCount);
        (DeviceMemory.Allocated(device) - before).Should().BeInRange(plan.WorkspaceBytes, 1 << 20);
    }

    [Theory, EachBackend]
    public void One_plan_serves_a_cache_that_grows(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using AttentionPlan<float> plan = device.PlanAttention([1, 2, 2, 8], [1, 700, 1, 8], new CausalMask());
        foreach (int keys in new[] { 1, 2, 64, 513, 700 })
        {
            AttentionCase attention = new(1, 2, 1, Math.Min(keys, 2), keys, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense);
            AttentionInputs inputs = AttentionRunner.Inputs(attention);
            using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
            using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
            using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);
            using var output = GuardedTensor<float>.Poisoned(device, attention.QueryShape);
            using var logSumExp = GuardedTensor<float>.Poisoned(device, attention.StateShape);

            plan.Run(query, key, value, output, logSumExp.View);
            device.Synchronize();

            output.Verify();
            logSumExp.Verify();
            (double[] expected, double[] states) = AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier());
            ErrorRule.Verify(output.ToArray(), expected, AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier()), inputs.Value);
            ErrorRule.VerifyLogSumExp(logSumExp.ToArray(), states);
        }
    }

    [Theory, EachBackend]
    public void A_run_may_use_a_stream_of_its_own_and_leave_the_log_sum_exp_out(Backend backend)
    {
        AttentionCase attention = new(1, 2, 1, 3, 20, 8, MaskKind.Full, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        AttentionDevice device = Device(backend);
        using AcceleratorStream stream = device.Accelerator.CreateStream();
        using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
        using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
        using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);
        using Tensor<float> output = device.Allocate<float>(attention.QueryShape);
        using AttentionPlan<float> plan = device.PlanAttention(attention.QueryShape, attention.KeyShape, new NoMask());

        plan.Run(query, key, value, output, stream: stream);
        stream.Synchronize();

        ErrorRule.Verify(
            output.ToArray(), AttentionOracle.Compute(inputs, new NoMask(), new NoModifier()).Output,
            AttentionOracle.Sequential(inputs, new NoMask(), new NoModifier()), inputs.Value);
    }

    [Theory, EachBackend]
    public void A_first_try_needs_no_plan(Backend backend)
    {
        AttentionCase attention = new(1, 2, 2, 4, 4, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        AttentionDevice device = Device(backend);
        using Tensor<float> query = device.Upload(inputs.Query, attention.QueryShape);
        using Tensor<float> key = device.Upload(inputs.Key, attention.KeyShape);
        using Tensor<float> value = device.Upload(inputs.Value, attention.KeyShape);

        using Tensor<float> output = device.Attention(query, key, value, new CausalMask());

        ErrorRule.Verify(
            output.ToArray(), AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier()).Output,
            AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier()), inputs.Value);
    }
}
