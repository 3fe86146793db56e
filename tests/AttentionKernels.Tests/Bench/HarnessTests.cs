using System.Runtime.CompilerServices;
using AttentionKernels.Bench;
using AttentionKernels.Problems;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Bench;

/// <summary>The benchmarks check each result before they time it: what is right passes, on every backend, and what is wrong does not.</summary>
public class HarnessTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly DeviceCeilings _ceilings = new(100, 100, 1000, 1, 1);

    [Theory, EachBackend]
    public void Attention_of_every_type_passes_its_check_over_tensors_and_pages(Backend backend)
    {
        BenchGroup group = AttentionGroups.OfShape(AttentionShape.Parse("heads=4/2 queries=3 keys=37 dim=16 batch=3"), DataType.All);

        IReadOnlyList<BenchRow> rows = Measure(backend, group);

        rows.Should().HaveCount(3 + DataType.All.Count).And.OnlyContain(row => row.Verified && row.Samples.Count == 1 && row.Note == null);
        rows.Select(row => $"{row.Variant} · {row.DataType}").Should().Equal(group.Cases.Select(item => $"{item.Variant} · {item.Type}"));
    }

    [Theory, EachBackend]
    public void So_do_masks_modifiers_windows_and_common_prefixes(Backend backend)
    {
        BenchGroup[] groups =
        [
            AttentionGroups.OfVariants(new(1, 2, 2, 128, 128, 16), DataType.Float32),
            AttentionGroups.OfShape(AttentionShape.Parse("heads=2 queries=1 keys=50 dim=16 batch=2 mask=window:7"), [DataType.Float32]),
            AttentionGroups.OfShape(AttentionShape.Parse("heads=2 queries=5 keys=50 dim=16 mask=chunked:9"), [DataType.Float32], naive: true),
            AttentionGroups.OfShape(AttentionShape.Parse("heads=2 queries=1 keys=50 dim=16 batch=3 common=35"), [DataType.Float32]),
        ];

        groups.SelectMany(group => Measure(backend, group)).Should().HaveCount(8 + 3 + 3 + 2)
            .And.OnlyContain(row => row.Verified && row.MedianMilliseconds > 0);
    }

    [Theory, EachBackend]
    public void So_do_norms_rotary_embedding_and_launches(Backend backend)
    {
        BenchGroup[] groups = [RowGroups.Norms(5, 48), RowGroups.Rotary(7, 2, 16), RowGroups.Launches()];

        groups.SelectMany(group => Measure(backend, group)).Should().HaveCount(4 + 2 + 2)
            .And.OnlyContain(row => row.Verified && row.MedianMilliseconds > 0);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Operands_from_memory_are_more_than_the_cache_holds_and_labelled(Backend backend)
    {
        int runs = 0, highest = 0;
        BenchGroup warm = Group(row =>
        {
            int[] copies = row.MakeCopies(row.CacheBytes / 3.0, () => 0);
            copies.Should().HaveCount(7);
            row.Work = new Work(0, 1e6, Traffic.Read);
            row.Queue = copy => (runs, highest) = (runs + 1, Math.Max(highest, copy));
            row.Check = () => new Accuracy(0, 1);
        });

        IReadOnlyList<BenchRow> rows = Measure(backend, warm with { HasColdRows = true });

        rows.Select(row => row.Cache).Should().Equal(CacheState.Cold, CacheState.Warm);
        highest.Should().Be(6);
        rows[0].Ceiling.Should().Be("read");
        rows[1].Ceiling.Should().BeNull("its bytes may come from a cache");
        rows.Should().OnlyContain(row => row.Bytes == 1e6 && row.Operations == null);
    }

    [Theory, EachBackend]
    public void Memory_is_what_one_set_of_operands_takes_and_events_are_those_of_CUDA(Backend backend)
    {
        const int Numbers = 1 << 12;
        BenchGroup group = Group(row =>
        {
            row.MakeCopies(row.CacheBytes / 3.0, () => row.Own(row.Device.Allocate<float>([Numbers])));
            row.Check = () =>
            {
                row.Device.Allocate<float>([Numbers]).Dispose();
                return new Accuracy(0, 1);
            };
        });

        IReadOnlyList<BenchRow> rows = Measure(backend, group with { HasColdRows = true });

        rows.Should().HaveCount(2);
        foreach (BenchRow row in rows)
        {
            // The managed CPU's memory begins with a cache line.
            row.PeakMemoryBytes.Should().BeInRange(2 * sizeof(float) * Numbers, (2 * sizeof(float) * Numbers) + 256);
            (row.DeviceMilliseconds >= 0).Should().Be(backend == Backend.Cuda);
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void What_is_wrong_is_marked_and_not_timed(Backend backend)
    {
        int runs = 0;
        foreach (double error in (double[])[2, double.NaN])
        {
            BenchRow row = Measure(backend, Group(row =>
            {
                row.Queue = _ => runs++;
                row.Check = () => new Accuracy(error, 1);
            })).Single();

            (row.Verified, row.MedianMilliseconds, row.ErrorBound, runs).Should().Be((false, null, 1, 0));
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void What_fails_is_not_run_and_the_others_are(Backend backend)
    {
        BenchGroup group = Group(
            _ => throw new InvalidOperationException("It is broken."),
            row => row.Check = () => new Accuracy(0, 1));

        IReadOnlyList<BenchRow> rows = Measure(backend, group);

        rows[0].Note.Should().Be("InvalidOperationException: It is broken.");
        rows[0].Verified.Should().BeFalse();
        rows[1].MedianMilliseconds.Should().NotBeNull();
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void What_fails_when_it_is_run_again_is_marked_and_the_others_are_timed(Backend backend)
    {
        foreach ((int failing, string phase) in ((int, string)[])[(2, "warmed up"), (5, "timed")])
        {
            int runs = 0;
            var freed = new StrongBox<bool>();
            BenchGroup group = Group(
                row =>
                {
                    row.Own(new Failing());
                    row.Own(new Freed(freed));
                    row.Own(new Failing());
                    row.Check = () => new Accuracy(0, 1);
                    row.Queue = _ =>
                    {
                        // Longer than a sample and what comes before it, so that the first five are of the warm-up.
                        Thread.Sleep(6);
                        if (++runs > failing)
                            throw new DeviceFailedException("It is broken\nfor good.");
                    };
                },
                row => row.Check = () => new Accuracy(0, 1));

            IReadOnlyList<BenchRow> rows = Measure(backend, group);

            rows[0].Note.Should().Be($"failed while it was {phase}: DeviceFailedException: It is broken for good.");
            (rows[0].Verified, rows[0].MedianMilliseconds, rows[0].ErrorBound).Should().Be((false, null, 1));
            runs.Should().Be(failing + 1, "it takes no more turns");
            rows[1].MedianMilliseconds.Should().NotBeNull();
            freed.Value.Should().BeTrue("what cannot be freed in peace leaves the others to be freed");
        }
    }

    [Theory, EachBackend]
    public void A_device_whose_ceilings_cannot_be_measured_says_why(Backend backend)
    {
        AttentionDevice device = AttentionDevice.Open(Device(backend).Description.Selector);
        device.Dispose();

        MeasuredDevice measured = CeilingMeasurement.Measure(device);

        measured.Note.Should().StartWith("ObjectDisposedException: ");
        measured.Ceilings.Should().Be(DeviceCeilings.Unknown);
        measured.Ceilings.ShareOf(new Work(1, 1, Traffic.Read), 1, fromMemory: true, byTensorCores: false).Should().BeNull();
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void What_looks_slower_than_the_baseline_is_measured_again_and_said_to_be_so(Backend backend)
    {
        int checks = 0, runs = 0;
        BenchGroup group = Group(row =>
        {
            row.Check = () => new Accuracy(0, ++checks);
            row.Queue = _ =>
            {
                // Longer than a sample and what comes before it, so that each is of one run behind another, however busy the machine is.
                runs++;
                Thread.Sleep(6);
            };
        });
        AttentionDevice device = Device(backend);
        BenchRow before = new Harness([device], [_ceilings], Bootstrap.FewestSamples, new Dictionary<string, BenchRow>())
            .Measure(group, TimeSpan.FromMilliseconds(1), CancellationToken.None).Single();
        int firstRuns = runs;

        BenchRow after = new Harness([device], [_ceilings], Bootstrap.FewestSamples, new Dictionary<string, BenchRow>
        {
            [before.Key] = before with { Samples = [.. Enumerable.Repeat(0.001, Bootstrap.FewestSamples)] },
        }).Measure(group, TimeSpan.FromMilliseconds(1), CancellationToken.None).Single();

        before.Baseline.Should().BeNull();
        after.Baseline!.Verdict.Should().Be(Verdict.Regression);
        checks.Should().Be(2);
        (runs - firstRuns).Should().Be(firstRuns + (2 * Bootstrap.FewestSamples), "all samples are taken once more");
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Who_asks_to_stop_gets_what_there_is(Backend backend)
    {
        using var cancellation = new CancellationTokenSource();
        BenchGroup group = Group(
            row => row.Check = () => new Accuracy(2, 1),
            row => row.Check = () =>
            {
                cancellation.Cancel();
                return new Accuracy(0, 1);
            });

        new Harness([Device(backend)], [_ceilings], 3, new Dictionary<string, BenchRow>())
            .Measure(group, TimeSpan.FromSeconds(1), cancellation.Token).Select(row => row.Variant).Should().Equal("way 0");
    }

    private static BenchGroup Group(params Action<PreparedRow>[] ways) =>
        new("nothing", "at all", [.. ways.Select((way, index) => new BenchCase($"way {index}", DataType.Float32, way))], HasColdRows: false);

    // One sample of each is enough: what is looked at is no time.
    private IReadOnlyList<BenchRow> Measure(Backend backend, BenchGroup group) =>
        new Harness([Device(backend)], [_ceilings], repetitions: 1, new Dictionary<string, BenchRow>())
            .Measure(group, TimeSpan.FromMilliseconds(1), CancellationToken.None);

    private sealed class Failing : IDisposable
    {
        public void Dispose() => throw new DeviceFailedException("It is broken.");
    }

    private sealed class Freed(StrongBox<bool> isFreed) : IDisposable
    {
        public void Dispose() => isFreed.Value = true;
    }
}
