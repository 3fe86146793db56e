using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Sequences in pages by tensor cores: every kind of head dimension, and some that decode beside some that begin.</summary>
public class TensorCoreServingTests(TestDevices devices) : DeviceTests(devices)
{
    public static IEnumerable<int> HeadDimensions => [16, 40, 64, 80, 96, 128, 160, 192, 256];

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(HeadDimensions))]
    public void Pages_of_any_width_agree_with_the_oracle(Backend backend, int headDimension)
    {
        int[] queries = [1, 37, 70], keys = [300, 170, 70];
        Verify(backend, StoredType.Float16, NumberFormat.Float16, AttentionAlgorithm.Tiled, queries, keys, headDimension);
        Verify(backend, StoredType.BFloat16, NumberFormat.BFloat16, AttentionAlgorithm.Tiled, queries, keys, headDimension);
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Steps_of_decoding_of_every_width_agree_with_the_oracle(Backend backend)
    {
        int[] queries = [1, 2, 1], keys = [300, 170, 9];
        Verify(backend, StoredType.BFloat16, NumberFormat.BFloat16, AttentionAlgorithm.SplitKv, queries, keys, 128);
        Verify(backend, StoredType.Float16, NumberFormat.Float16, AttentionAlgorithm.SplitKv, queries, keys, 192);
        Verify(backend, StoredType.Float32, NumberFormat.Int8, AttentionAlgorithm.SplitKv, queries, keys, 192);
        Verify(backend, StoredType.Float16, NumberFormat.Float8E4M3, AttentionAlgorithm.SplitKv, queries, keys, 256);
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void Few_queries_are_decoded_beside_many(Backend backend)
    {
        const string Decoded = "up to 5 queries: taken by tiles of 16 rows";
        Verify(StoredType.Float16, NumberFormat.Float16, 64).Should().Contain(Decoded).And.Contain("schedule Simt: not taken, it multiplies");
        Verify(StoredType.Float32, NumberFormat.Int8, 64).Should().Contain(Decoded)
            .And.Contain("schedule Simt: taken of sequences with more than 5 queries, since of TensorCore it is for query and output of fp16");
        Verify(StoredType.Float16, NumberFormat.Float16, 136).Should()
            .Contain("up to 5 queries: taken by the tiles of many rows, since of those of few it is for head and value dimensions up to 128");
        Verify(StoredType.Float16, NumberFormat.Float16, 64).Should().Contain("algorithm Tiled: taken of sequences with more than 5 queries");
        Verify(StoredType.Float32, NumberFormat.Float32, 64).Should().Contain("algorithm SplitKv: taken").And.Contain("schedule Simt: taken");

        string Verify<T>(StoredType<T> stored, NumberFormat pages, int headDimension)
            where T : unmanaged
        {
            using PagedRunner runner = Runner(backend, pages, [1, 90, 2, 1], [600, 90, 550, 20], headDimension);
            using PagedAttentionPlan<T> plan = Device(backend).PlanPagedAttention(
                runner.Table, 6, 90, new CausalMask(), new NoModifier(), stored.Type);
            VerifyRun(runner, plan, stored);
            return plan.Explain();
        }
    }

    [Theory, EachBackend(CudaOnly = true)]
    public void A_schedule_that_is_asked_for_takes_all_sequences(Backend backend)
    {
        using PagedRunner runner = Runner(backend, NumberFormat.Float16, [1, 90], [600, 90], 20);
        var options = new AttentionOptions { Schedule = KernelSchedule.TensorCore };

        Device(backend).Invoking(device => device.PlanPagedAttention(
                runner.Table, 6, 90, new CausalMask(), new NoModifier(), NumberFormat.Float16, options))
            .Should().Throw<NotSupportedException>().WithMessage("The TensorCore schedule cannot compute this: it is for head and value*");
    }

    private void Verify<T>(
        Backend backend, StoredType<T> stored, NumberFormat pages, AttentionAlgorithm algorithm, int[] queries, int[] keys, int headDimension)
        where T : unmanaged
    {
        var options = new AttentionOptions { Algorithm = algorithm, Schedule = KernelSchedule.TensorCore };
        using PagedRunner runner = Runner(backend, pages, queries, keys, headDimension);
        using PagedAttentionPlan<T> plan = Device(backend).PlanPagedAttention(
            runner.Table, 6, queries.Max(), new CausalMask(), new NoModifier(), stored.Type, options);
        VerifyRun(runner, plan, stored);
    }

    private PagedRunner Runner(Backend backend, NumberFormat pages, int[] queryLengths, int[] keyLengths, int headDimension) => new(
        Device(backend), headDimension, queryLengths, keyLengths, 6, 2, headDimension, 16,
        PagedRunner.DefaultStorage with { KeyFormat = pages, ValueFormat = pages });

    private static void VerifyRun<T>(PagedRunner runner, PagedAttentionPlan<T> plan, StoredType<T> stored)
        where T : unmanaged
    {
        (float[][] output, float[][] logSumExp) = runner.Run(plan, stored);
        PagedVerification.AgreesWithOracle(
            runner, new AttentionOptions { Schedule = plan.Schedule }, stored, output, logSumExp, new CausalMask(), new NoModifier());
    }
}
