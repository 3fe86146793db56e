{
    // PanelSoftmax.MaskCore<Fp32x16>
    global float* scores = var0;
    const int count = var1;
    global float* lower = var2;
    global float* upper = var3;
    for (int v = 0; v < 2; v++) {
        global float* s = scores + 16 * v;
        const float16 first = vload16(v, lower), end = vload16(v, upper);
        for (int key = 0; key < count; key++) {
            const float16 at = (float)key;
            vstore16(select((float16)-INFINITY, vload16(2 * key, s), at >= first && at < end), 2 * key, s);
        }
    }
}
