using System.Diagnostics;
using System.Diagnostics.Metrics;
using AttentionKernels.DependencyInjection;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace AttentionKernels.Tests.DependencyInjection;

/// <summary>A host has one device, by its options, for as long as its container, and hears of what the device does once.</summary>
[Trait("Speed", "Quick")]
public class AddAttentionKernelsTests
{
    private static readonly TensorShape _shape = [1, 4, 2, 32];

    [Theory, EachBackend]
    public void The_container_opens_one_device_by_the_options_and_disposes_it(Backend backend)
    {
        DeviceDescription expected = Backends.Find(backend)!;
        AttentionDevice device;
        using (ServiceProvider provider = Services(options => options.Device = expected.Selector))
        {
            device = provider.GetRequiredService<AttentionDevice>();
            using IServiceScope scope = provider.CreateScope();

            device.Description.Selector.Should().Be(expected.Selector);
            scope.ServiceProvider.GetRequiredService<AttentionDevice>().Should().BeSameAs(device);
        }

        device.Invoking(device => device.DefaultStream).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Options_that_are_set_later_win_and_two_registrations_are_one()
    {
        var services = new ServiceCollection();
        services.AddAttentionKernels(options => options.Device = "none of these");
        services.AddAttentionKernels(options => options.Device = "cpu");
        using ServiceProvider provider = services.BuildServiceProvider();

        provider.GetServices<AttentionDevice>().Should().ContainSingle().Which.Description.Kind.Should().Be(DeviceKind.Cpu);
    }

    [Fact]
    public void A_device_that_the_program_has_registered_stays()
    {
        using AttentionDevice own = AttentionDevice.Open(DeviceKind.Cpu);
        using ServiceProvider provider = new ServiceCollection().AddSingleton(own).AddAttentionKernels().BuildServiceProvider();

        provider.GetRequiredService<AttentionDevice>().Should().BeSameAs(own);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void A_blank_selector_is_refused_by_name(string selector)
    {
        using ServiceProvider provider = Services(options => options.Device = selector);

        provider.Invoking(provider => provider.GetRequiredService<AttentionDevice>()).Should().Throw<OptionsValidationException>()
            .WithMessage("*AttentionKernelsOptions.Device is blank; it must be a selector*");
    }

    [Fact]
    public void A_device_that_is_absent_is_refused_and_opening_is_tried_again()
    {
        string selector = "cpu:7";
        using ServiceProvider provider = Services(options => options.Device = selector);
        using var activities = new Activities();

        provider.Invoking(provider => provider.GetRequiredService<AttentionDevice>()).Should().Throw<DeviceUnavailableException>();
        activities.Done.Should().ContainSingle(activity => activity.Status == ActivityStatusCode.Error).Which.StatusDescription.Should().Contain("cpu:7");
        provider.GetRequiredService<IOptions<AttentionKernelsOptions>>().Value.Device = "cpu";
        provider.GetRequiredService<AttentionDevice>().Description.Kind.Should().Be(DeviceKind.Cpu);
    }

    [Fact]
    public void Services_may_not_be_null() =>
        FluentActions.Invoking(() => AttentionKernelsServices.AddAttentionKernels(null!)).Should().Throw<ArgumentNullException>().WithParameterName("services");

    [Fact]
    public void What_opens_a_device_may_not_be_null()
    {
        using var telemetry = new AttentionKernelsTelemetry();

        telemetry.Invoking(telemetry => telemetry.Open(null!)).Should().Throw<ArgumentNullException>().WithParameterName("open");
    }

    [Theory, EachBackend]
    public void Meter_and_activities_say_what_is_opened_compiled_and_planned(Backend backend)
    {
        string selector = Backends.Find(backend)!.Selector;
        using ServiceProvider provider = Services(options => options.Device = selector);
        var measured = new List<(string Instrument, double Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == AttentionKernelsTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured.Add((instrument.Name, value, Text(tags))));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Add((instrument.Name, value, Text(tags))));
        listener.Start();
        using var activities = new Activities();

        AttentionDevice device = provider.GetRequiredService<AttentionDevice>();
        using AttentionPlan<float> plan = device.PlanAttention(_shape, _shape, new CausalMask());

        string tag = $"attentionkernels.device={selector}";
        measured.Should().ContainSingle(of => of.Instrument == AttentionKernelsTelemetry.DevicesOpened).Which.Should()
            .Be((AttentionKernelsTelemetry.DevicesOpened, 1, tag));
        measured.Should().ContainSingle(of => of.Instrument == AttentionKernelsTelemetry.PlansMade).Which.Tags.Should().Be(tag);
        measured.Where(of => of.Instrument == AttentionKernelsTelemetry.CompilationDuration).Should().NotBeEmpty()
            .And.OnlyContain(of => of.Value > 0 && of.Tags.StartsWith($"{tag},attentionkernels.kernel="));
        Activity[] compilations = [.. activities.Done.Where(activity => activity.OperationName == "attentionkernels.compile")];
        compilations.Should().HaveSameCount(measured.Where(of => of.Instrument == AttentionKernelsTelemetry.CompilationDuration))
            .And.OnlyContain(activity => activity.Duration > TimeSpan.Zero);
        activities.Done.Should().ContainSingle(activity => activity.OperationName == "attentionkernels.open");
        activities.Done.Should().ContainSingle(activity => activity.OperationName == "attentionkernels.plan")
            .Which.GetTagItem("attentionkernels.explanation").Should().Be(plan.Explain());
    }

    private static ServiceProvider Services(Action<AttentionKernelsOptions> configure) =>
        new ServiceCollection().AddAttentionKernels(configure).BuildServiceProvider();

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));

    // What the library's activities were, in the order of their ends.
    private sealed class Activities : IDisposable
    {
        private readonly ActivityListener _listener;

        public Activities()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == AttentionKernelsTelemetry.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = Done.Add,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public List<Activity> Done { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
