using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using AttentionKernels;
using AttentionKernels.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>A device as a service of a host.</summary>
public static class AttentionKernelsServices
{
    /// <summary>
    /// Registers one <see cref="AttentionDevice"/> for the whole program. It is opened when it is first asked for, and the container
    /// disposes it. Threads share it: plans, caches and streams are theirs.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options, behind those that the program has bound; <see langword="null"/> leaves them.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <remarks>Asking for the device throws what opening one does, and <see cref="OptionsValidationException"/> where
    /// <see cref="AttentionKernelsOptions.Device"/> is blank. The next time, opening is tried again.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <example>
    /// <code>
    /// using AttentionKernels.DependencyInjection;
    /// using Microsoft.Extensions.DependencyInjection;
    ///
    /// var services = new ServiceCollection();                                     // builder.Services, in a host
    /// services.AddAttentionKernels(options => options.Device = "cpu").AddSingleton&lt;Model>();
    /// using ServiceProvider provider = services.BuildServiceProvider();
    /// var model = provider.GetRequiredService&lt;Model>();
    ///
    /// public sealed class Model(AttentionDevice device)
    /// {
    ///     private readonly AttentionPlan&lt;float> _plan = device.PlanAttention([1, 1, 32, 128], [1, 4096, 8, 128], new CausalMask());
    /// }
    /// </code>
    /// </example>
    [RequiresDynamicCode("Kernels are compiled at run time: publish without Native AOT.")]
    public static IServiceCollection AddAttentionKernels(
        this IServiceCollection services, Action<AttentionKernelsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<AttentionKernelsOptions> options = services.AddOptions<AttentionKernelsOptions>().Validate(
            options => options.Device is null || !string.IsNullOrWhiteSpace(options.Device),
            $"{nameof(AttentionKernelsOptions)}.{nameof(AttentionKernelsOptions.Device)} is blank; "
            + "it must be a selector such as \"cuda:0\", or null.");
        if (configure is not null)
            options.Configure(configure);
        services.TryAddSingleton(provider => new AttentionKernelsTelemetry(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton(provider =>
        {
            string? selector = provider.GetRequiredService<IOptions<AttentionKernelsOptions>>().Value.Device;
            return provider.GetRequiredService<AttentionKernelsTelemetry>().Open(
                () => selector is null ? AttentionDevice.Open() : AttentionDevice.Open(selector));
        });
        return services;
    }
}
