{
    // RowSoftmax.UpdateCore<Fp32x4>
    global float* scores = var0;
    const int stride = var1;
    const int rows = var2;
    const int count = var3;
    const float scale = var4;
    global float* maxima = var5;
    global float* sums = var6;
    global float* factors = var7;
    for (int row = 0; row < rows; row++) {
        global float* s = scores + (long)row * stride;
        for (int key = count; key % 4 != 0; key++) s[key] = -INFINITY;
        float4 lanes = -INFINITY;
        for (int key = 0; key < count; key += 4) {
            const float4 x = vload4(0, s + key);
            lanes = select(lanes, x, x > lanes);
        }
        const float before = maxima[row];
        float largest;
        { const float2 h4 = fmax(lanes.lo, lanes.hi); largest = (fmax(h4.x, h4.y)); }
        largest *= scale;
        const float after = largest > before ? largest : before;
        maxima[row] = after;
        const float subtracted = after < -FLT_MAX ? 0.0f : after;
        float4 weight, total = 0.0f;
        for (int key = 0; key < count; key += 4) {
            const float4 score = vload4(0, s + key) * scale;
            {
                const float4 x = score - subtracted;
                const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
                const float4 n = shifted - as_float(0x4B400000u);
                float4 r = fma(n, (float4)as_float(0xBF318000u), x);
                r = fma(n, (float4)as_float(0x395E8083u), r);
                float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
                p = fma(p, r, (float4)as_float(0x3D2AAC79u));
                p = fma(p, r, (float4)as_float(0x3E2AAA49u));
                p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
                p = fma(p, r, (float4)1.0f);
                p = fma(p, r, (float4)1.0f);
                p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
                weight = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
            }
            vstore4(weight, 0, s + key);
            total += weight;
        }
        const float factor = exp(before - subtracted);
        factors[row] = factor;
        { const float2 h4 = total.lo + total.hi; sums[row] = (h4.x + h4.y) + sums[row] * factor; }
    }
}
