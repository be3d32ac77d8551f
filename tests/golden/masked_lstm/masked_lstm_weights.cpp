// The weights of masked_lstm.h. Source: masked_lstm_last.keras (Keras 3.15.1). Made by Keratin 0.1.0; this output is yours, without conditions.
#include "masked_lstm.h"

#include "keratin/runtime/weights_file.h"

namespace masked_lstm {
namespace {

constexpr Prepared kPrepared = {
    // rnn_lstm_cell_kernel
    {-0.09195854f, -0.0019929186f, -0.0015610814f, -0.2563247f, -0.014439954f, 0.48735148f, 0.67886484f, -0.7347569f, -0.8427325f,
     -0.43682218f, 0.037480645f, 0.11375178f, -0.95385885f, 0.75803655f, -0.7703337f, 1.1577133f, 1.2015997f, -0.6674614f, 0.26229972f,
     0.06798112f, -0.07650453f, -1.0212607f, -0.43153864f, 1.1046987f, 0.14246169f, 0.2101773f, 0.3745321f, 0.73105824f, 0.6410072f,
     0.37973514f, -0.012399476f, 0.22038853f, -1.127513f, 0.32044485f, -0.73267615f, -1.1400415f, -0.057285897f, -0.20332173f,
     -0.5779112f, 0.052191757f, -0.5329942f, 0.17815381f, -0.09036241f, -0.11483484f, 0.06399987f, 1.2031f, 0.2806837f, 0.13006562f},
    // rnn_lstm_cell_bias
    {0.2406741f, -0.33904168f, 0.25916818f, -0.45742914f, -0.15976651f, 0.22280288f, -0.5922559f, -0.08784676f, 0.45373192f, 0.020731462f,
     0.5387319f, -0.048827577f, 0.42586794f, 0.1322613f, 0.40933245f, -0.07491777f},
    // rnn_lstm_cell_recurrent_kernel
    {0.12396624f, -0.20277688f, -0.15143f, 0.047169387f, 0.74644786f, -0.6015341f, -0.4364131f, 0.26984525f, -0.21227497f, -0.24282148f,
     0.7472475f, 0.7149806f, 0.20936064f, 0.011005842f, 0.43254352f, 0.033170022f, 0.36867237f, 0.7346052f, 0.16083029f, 0.4465382f,
     -0.059775706f, 0.5915415f, 0.2270068f, -0.8031881f, -0.24537843f, -1.0352618f, 0.084940255f, 0.37898985f, -0.40662116f, -0.41276282f,
     -0.6690568f, 0.5133998f, 0.40956894f, -0.02821852f, 0.6506786f, -0.34680167f, 0.34338412f, -0.8262708f, 0.15685862f, 0.043942694f,
     -0.03903479f, 0.16084935f, 0.25765055f, 0.39446747f, -0.30060992f, -0.22488467f, 0.11911767f, 0.39994416f, 0.22006014f, -0.36553746f,
     0.38067216f, 0.050139118f, -0.35967448f, 0.6718006f, -0.39111945f, 0.71440244f, 0.08366998f, 0.08482342f, -0.5551882f, 0.7797896f,
     -0.13423556f, 0.14346533f, -0.27859852f, -0.39011997f},
};

}  // namespace

const Prepared& prepared() noexcept { return kPrepared; }

namespace {

/// Place, bytes, element type, rank and extents of every array in Prepared.
constexpr kr::WeightsEntry kEntries[] = {
    {0, 192, 17, 1, {48}},  // rnn_lstm_cell_kernel
    {192, 64, 17, 1, {16}},  // rnn_lstm_cell_bias
    {256, 256, 17, 1, {64}},  // rnn_lstm_cell_recurrent_kernel
};

}  // namespace

kr::Status load_weights(const void* file, kr::Size bytes, Prepared& p) noexcept {
  return kr::load_weights(file, bytes, {0xaa0a6021e505ccaau, kEntries, 3, sizeof(Prepared)}, &p);
}

}  // namespace masked_lstm
